/** Whatever colour a host brings, what stands on it and what is written in it can be read. */
// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { contrast, fill, parse, PETROL, type Rgb } from '../colour.ts';
import { palette } from './palette.ts';

const WHITE: Rgb = [255, 255, 255];
const BRANDS = [
  '#3d5a45',
  '#ffcc00',
  '#ffffff',
  '#000000',
  '#00f',
  '#e91e63',
  '#7fffd4',
  '#808080',
];

const read = (colour: string | undefined) =>
  (colour?.match(/\d+/g) ?? []).map(Number) as unknown as Rgb;

describe('a brand colour', () => {
  it.each(BRANDS)('%s carries white text at 4.5:1 or better', (brand) => {
    expect(contrast(fill(parse(brand) ?? PETROL), WHITE)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(BRANDS)('%s is legible as text on its own bubble, light and dark', (brand) => {
    for (const dark of [false, true]) {
      const colours = palette(brand, dark);
      const ratio = contrast(read(colours['--brand-text']), read(colours['--brand-soft']));
      expect(ratio).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('is left alone when it is dark enough', () => {
    expect(fill([61, 90, 69])).toEqual([61, 90, 69]);
  });

  it('is understood as a browser or a person writes it', () => {
    expect(parse('#abc')).toEqual([170, 187, 204]);
    expect(parse(' #3D5A45 ')).toEqual([61, 90, 69]);
    expect(parse('rgb(61, 90, 69)')).toEqual([61, 90, 69]);
    expect(parse('rgb(61 90 69 / 0.5)')).toEqual([61, 90, 69, 0.5].slice(0, 3));
  });

  it('is the product’s own when it is no colour at all', () => {
    expect(parse('url(javascript:1)')).toBeNull();
    expect(parse('')).toBeNull();
    expect(palette('nonsense', false)).toEqual(palette('#0f5b70', false));
  });
});
