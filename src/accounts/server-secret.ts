import { createHmac } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Database } from '../storage/database.ts'
import { keepServerKey, serverKey } from './server-key-store.ts'

const NAME = 'accounts'
const SECRET_BYTES = 32

/**
 * HMAC-SHA-256 with a secret that all processes on the database share. `parts`: the first names the purpose,
 * so that the result for one purpose is of no use for another.
 */
export type Sign = (...parts: readonly [purpose: string, ...rest: (string | number)[]]) => Buffer

/** @param secret base64url */
export function signWith(secret: string): Sign {
  const key = Buffer.from(secret, 'base64url')
  return (...parts) => createHmac('sha256', key).update(JSON.stringify(parts)).digest()
}

/** The first start creates the secret and stores it in the database. */
export async function openSign(deps: { db: Database; clock: Clock; random: Random }): Promise<Sign> {
  const { db, clock, random } = deps
  const found = await db.first(serverKey, { name: NAME })
  if (found !== undefined) return signWith(found.secret)
  const made = { name: NAME, secret: random.token(SECRET_BYTES), now: clock.now() }
  await db.transaction((tx) => tx.run(keepServerKey, made))
  // Another process may have created the secret at the same time.
  return openSign(deps)
}
