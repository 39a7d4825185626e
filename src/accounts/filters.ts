import { hash } from 'node:crypto'
import type { Quotas } from '../config/limits-schema.ts'
import { notFound, tooMany, tooMuch } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { filterById, filterUsage, insertFilter } from './filters-store.ts'

const ID_LENGTH = 16

/**
 * Stores a filter unchanged and resolves to its id. The id is derived from the text, so that a client which uploads
 * the same filter at every start adds no row. An id never begins with "{", so that `/sync` can tell an id from a
 * filter.
 * @throws MatrixError 403 or 413 over a quota
 */
export async function storeFilter(
  deps: { db: Database; quotas: Quotas },
  userId: UserId,
  definition: JsonObject,
): Promise<string> {
  const text = JSON.stringify(definition)
  const filterId = hash('sha256', text, 'base64url').slice(0, ID_LENGTH)
  if (!(await deps.db.first(filterById, { userId, filterId }))) {
    await deps.db.transaction(
      async (tx) => {
        await checkQuota(tx, deps.quotas, { userId, bytes: Buffer.byteLength(text) })
        await tx.run(insertFilter, { userId, filterId, definition: text })
      },
      { orderedBy: userId },
    )
  }
  return filterId
}

async function checkQuota(
  tx: Queries,
  quotas: Quotas,
  { userId, bytes }: { userId: UserId; bytes: number },
): Promise<void> {
  const used = await tx.first(filterUsage, { userId })
  if (!used) return
  const instead = 'Use an existing one, or send the filter itself instead of its id'
  if (used.count >= quotas.filters)
    throw tooMany('quotas.filters', `You have ${used.count} filters and cannot add more. ${instead}`)
  if (used.bytes + bytes > quotas.filter_bytes)
    throw tooMuch(
      'quotas.filter_bytes',
      `Your filters must not be larger than ${quotas.filter_bytes} bytes in total. ${instead}`,
    )
}

/** @throws MatrixError 404 when the user has no filter with this id */
export async function getFilter(q: Queries, userId: UserId, filterId: string): Promise<JsonObject> {
  const row = await q.first(filterById, { userId, filterId })
  if (!row) throw notFound('You have no filter with this id')
  return parseStored(row.definition)
}
