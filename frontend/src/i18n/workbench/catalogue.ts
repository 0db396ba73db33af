/** The shape both languages must fill: English gives the keys, Chinese has no singular of its own. */
import type { en } from './en';

type Mirror<T> = {
  [K in keyof T as K extends `${string}_one` ? never : K]: T[K] extends string
    ? string
    : Mirror<T[K]>;
};

export type Catalogue = Mirror<typeof en>;
