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

/** Where the next page begins; undefined on the last page. */
export const nextOffset = (page: { from: number; total: number; count: number }): number | undefined =>
  page.count > 0 && page.from + page.count < page.total ? page.from + page.count : undefined

/** A pattern for `like` with the escape character `!`: the texts that contain this one. */
export const containing = (text: string): string =>
  `%${text.replaceAll(/[!%_]/g, (character) => `!${character}`)}%`
