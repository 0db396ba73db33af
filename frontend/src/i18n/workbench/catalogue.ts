/** The shape both languages must fill: English gives the keys, Chinese has no singular of its own. */
import type { en } from './en';

type Mirror<T> = {
  [K in keyof T as K extends `${string}_one` ? never : K]: T[K] extends string
    ? string
    : Mirror<T[K]>;
};

export type Catalogue = Mirror<typeof en>;

type Plain<K extends string> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K;

type Leaves<T> = {
  [K in keyof T & string]: T[K] extends string ? Plain<K> : `${K}.${Leaves<T[K]>}`;
}[keyof T & string];

/** Every key of the catalogue; a counted one without its ending. */
export type Key = Leaves<typeof en>;
