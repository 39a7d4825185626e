import { hash } from 'node:crypto'
import { notFound } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { type JsonObject, parseStored } from '../lib/json.ts'
import type { Database } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import { filterById, insertFilter } from './filters-store.ts'

const ID_LENGTH = 16

/**
 * Keeps a filter as it was given and resolves to its id. The id follows from the text, so a client that uploads the
 * same one at every start fills no table. It never begins with "{", by which `/sync` tells an id from a filter.
 */
export async function storeFilter(
  deps: { db: Database },
  userId: UserId,
  definition: JsonObject,
): Promise<string> {
  const text = JSON.stringify(definition)
  const filterId = hash('sha256', text, 'base64url').slice(0, ID_LENGTH)
  if (!(await deps.db.first(filterById, { userId, filterId }))) {
    await deps.db.transaction((tx) => tx.run(insertFilter, { userId, filterId, definition: text }))
  }
  return filterId
}

/** @throws MatrixError 404 when the user has no filter of this id */
export async function getFilter(q: Queries, userId: UserId, filterId: string): Promise<JsonObject> {
  const row = await q.first(filterById, { userId, filterId })
  if (!row) throw notFound('You have no filter with this id')
  return parseStored(row.definition)
}
