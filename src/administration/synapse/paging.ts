import { z } from 'zod'
import { queryInteger } from '../../http/schema.ts'

// Paging of Synapse's lists: an offset and a limit.

const MAX = Number.MAX_SAFE_INTEGER
/** A larger `limit` counts as this value. */
const MAX_LIMIT = 1000

/** The query parameters of every list. */
export const pageQuery = {
  from: queryInteger({ min: 0, max: MAX }).default(0),
  limit: queryInteger({ min: 0, max: MAX })
    .default(100)
    .transform((limit) => Math.min(limit, MAX_LIMIT)),
  dir: z.enum(['f', 'b']).default('f'),
}

type Page = { from: number; total: number; count: number }

/** Where the next page begins, under the key of this list; nothing on the last page. */
export const nextPage = <Key extends string>(
  key: Key,
  { from, total, count }: Page,
): { [Name in Key]?: number } =>
  (count > 0 && from + count < total ? { [key]: from + count } : {}) as { [Name in Key]?: number }

/** A filter of a list as a parameter of its query; -1: both. */
export type ListFlag = -1 | 0 | 1
export const BOTH = -1 as const
export const flag = (value: boolean | undefined): ListFlag => (value === undefined ? BOTH : value ? 1 : 0)

/** A pattern for `like` with the escape character `!`: the texts that contain this one. */
export const containing = (text: string): string =>
  `%${text.replaceAll(/[!%_]/g, (character) => `!${character}`)}%`
