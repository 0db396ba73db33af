/** Makes a host's brand colour fit to read: white on it, and itself as text, reach 4.5:1. */

export type Rgb = readonly [number, number, number];

/** The product's own accent, where the host names none. */
export const PETROL: Rgb = [15, 91, 112];

const WHITE: Rgb = [255, 255, 255];
const READABLE = 4.5;

/** `#rgb`, `#rrggbb` or `rgb(1, 2, 3)`, as a browser writes a computed colour. */
export function parse(colour: string): Rgb | null {
  const hex = /^#?([\da-f]{3}|[\da-f]{6})$/i.exec(colour.trim())?.[1];
  if (hex) {
    const wide = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex;
    const value = parseInt(wide, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }
  const [r, g, b] = /^rgba?\(\s*\d/.test(colour) ? (colour.match(/[\d.]+/g) ?? []).map(Number) : [];
  return r === undefined || g === undefined || b === undefined ? null : [r, g, b];
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** `share` of `one`, the rest of `other`. */
export function mix(one: Rgb, other: Rgb, share: number): Rgb {
  return one.map((c, i) => Math.round(c * share + (other[i] ?? 0) * (1 - share))) as unknown as Rgb;
}

/** Move `colour` towards `to`, no further than needed, until it can be read on `ground`. */
export function until(colour: Rgb, to: Rgb, ground: Rgb): Rgb {
  for (let share = 1; share > 0; share -= 0.04) {
    const tried = mix(colour, to, share);
    if (contrast(tried, ground) >= READABLE) return tried;
  }
  return to;
}

/** The ground of header, primary button and launcher. */
export function fill(brand: Rgb): Rgb {
  return until(brand, [0, 0, 0], WHITE);
}

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;
