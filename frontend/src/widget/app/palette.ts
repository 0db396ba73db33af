/** The brand's five colours, derived from one, for a light or a dark panel. */
import { css, fill, mix, parse, PETROL, until, type Rgb } from '../colour.ts';

const LIGHT: Rgb = [255, 255, 255];
const DARK: Rgb = [28, 27, 25];

/** The same hue, as bright as it goes: dark grounds need more than a little white. */
function vivid(colour: Rgb): Rgb {
  const scale = 198 / Math.max(...colour, 1);
  return scale > 1 ? (colour.map((c) => Math.round(c * scale)) as unknown as Rgb) : colour;
}

export function palette(brand: string, dark: boolean): Record<string, string> {
  const colour = parse(brand) ?? PETROL;
  const surface = dark ? DARK : LIGHT;
  const ground = fill(colour);
  const soft = mix(colour, surface, dark ? 0.26 : 0.1);
  return {
    '--brand': css(ground),
    '--brand-hover': css(mix(ground, [0, 0, 0], 0.86)),
    '--brand-soft': css(soft),
    '--brand-line': css(mix(colour, surface, dark ? 0.5 : 0.34)),
    '--brand-text': css(dark ? until(vivid(colour), LIGHT, soft) : until(colour, [0, 0, 0], soft)),
  };
}
