// How much the bench does. The small size takes under two minutes; the full one is the size of the figures to reach.

export type SizeName = 'small' | 'full';

export interface Size {
  readonly name: SizeName;
  /** Hash bins where the caller names no other number. */
  readonly bins: number;
  /** Uploads one after the other that are timed, after as many as `warmUps` that are not. */
  readonly uploads: number;
  readonly warmUps: number;
  /** Files that are there when uploads are timed again. */
  readonly filesThere: number;
  /** Files at once, and in how many rounds; the median of the rounds counts. */
  readonly bursts: readonly { readonly files: number; readonly rounds: number }[];
  /** Files that the posters send together, for each size of request. */
  readonly posterFiles: number;
  readonly importFiles: number;
  /** Events of each made log for the replay. */
  readonly madeEvents: number;
}

export const SIZES: Readonly<Record<SizeName, Size>> = {
  small: {
    name: 'small',
    bins: 256,
    uploads: 40,
    warmUps: 10,
    filesThere: 5_000,
    bursts: [
      { files: 100, rounds: 3 },
      { files: 1_000, rounds: 2 },
    ],
    posterFiles: 1_000,
    importFiles: 20_000,
    madeEvents: 10_000,
  },
  full: {
    name: 'full',
    bins: 16_384,
    uploads: 200,
    warmUps: 20,
    filesThere: 200_000,
    bursts: [
      { files: 100, rounds: 5 },
      { files: 1_000, rounds: 3 },
      { files: 10_000, rounds: 3 },
    ],
    posterFiles: 20_000,
    importFiles: 1_000_000,
    madeEvents: 100_000,
  },
};

/** How much `--grow` measures: each list is one axis. */
export interface GrowthSize {
  readonly bins: readonly number[];
  readonly files: readonly number[];
  /** States one after the other, and how many of them make one point. */
  readonly cuts: number;
  readonly cutsPerPoint: number;
  /** Uploads that are timed for one point of the first two axes. */
  readonly uploads: number;
}

export const GROWTH_SIZES: Readonly<Record<SizeName, GrowthSize>> = {
  small: { bins: [16, 64, 256], files: [0, 500, 2_000], cuts: 200, cutsPerPoint: 50, uploads: 20 },
  full: {
    bins: [256, 1_024, 4_096, 16_384],
    files: [0, 10_000, 50_000, 200_000],
    cuts: 2_000,
    cutsPerPoint: 200,
    uploads: 100,
  },
};
