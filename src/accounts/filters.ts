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
 * Keeps a filter as it was given and resolves to its id. The id follows from the text, so a client that uploads the
 * same one at every start fills no table. It never begins with "{", by which `/sync` tells an id from a filter.
 * @throws MatrixError 403 or 413 past a quota
 */
export async function storeFilter(
  deps: { db: Database; quotas: Quotas },
  userId: UserId,
  definition: JsonObject,
): Promise<string> {
  const text = JSON.stringify(definition)
  const filterId = hash('sha256', text, 'base64url').slice(0, ID_LENGTH)
  if (!(await deps.db.first(filterById, { userId, filterId }))) {
    await deps.db.transaction(async (tx) => {
      await checkQuota(tx, deps.quotas, { userId, bytes: Buffer.byteLength(text) })
      await tx.run(insertFilter, { userId, filterId, definition: text })
    })
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
  const instead = 'use one of them, or send the filter itself in place of its id'
  if (used.count >= quotas.filters)
    throw tooMany('quotas.filters', `You have ${used.count} filters, and no more may be; ${instead}`)
  if (used.bytes + bytes > quotas.filter_bytes)
    throw tooMuch(
      'quotas.filter_bytes',
      `Your filters may have ${quotas.filter_bytes} bytes in all; ${instead}`,
    )
}

/** @throws MatrixError 404 when the user has no filter of this id */
export async function getFilter(q: Queries, userId: UserId, filterId: string): Promise<JsonObject> {
  const row = await q.first(filterById, { userId, filterId })
  if (!row) throw notFound('You have no filter with this id')
  return parseStored(row.definition)
}
