import { z } from 'zod'

// The building blocks of the schema.

/** A flag without a value turns the setting on, or, with the prefix `no-`, off. */
export type SettingInfo = { about: string; flag?: string; value?: string; shownDefault?: string }

export function setting<S extends z.ZodType>(schema: S, about: SettingInfo): S {
  return schema.meta({ ...about })
}

export const count = (fallback: number, range: { min?: number; max?: number } = {}) =>
  z
    .int()
    .min(range.min ?? 1)
    .max(range.max ?? 1_000_000_000)
    .default(fallback)

export const flagOn = z.boolean().default(true)
export const flagOff = z.boolean().default(false)
