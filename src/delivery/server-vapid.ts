import { keepServerKey, serverKey } from '../accounts/server-key-store.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Config, NamedConfig } from '../config/schema.ts'
import {
  faultOfSubject,
  makeVapidKey,
  readVapidKey,
  type VapidKey,
  vapidSubject,
} from '../gateway/webpush/credentials.ts'
import { createVapid, type Vapid } from '../gateway/webpush/token.ts'
import type { Clock } from '../lib/clock.ts'
import type { Database } from '../storage/database.ts'

/**
 * Push services require a contact, and a server without a public name has none. Apple refuses this one; the
 * start logs a warning.
 */
const NO_CONTACT = 'mailto:postmaster@localhost.invalid'

export type VapidConfig = Pick<NamedConfig, 'public_url' | 'server_name'> & {
  push: Pick<Config['push'], 'web_push' | 'contact'>
}

/**
 * The VAPID credentials of this server; undefined: Web Push is disabled.
 *
 * @throws {ConfigError} if push services do not accept `push.contact`.
 */
export async function openServerVapid(
  config: VapidConfig,
  db: Database,
  clock: Clock,
): Promise<Vapid | undefined> {
  if (!config.push.web_push) return undefined
  const subject = subjectOf(config)
  return createVapid(await serverVapidKey(db, clock.now()), subject, clock)
}

const VAPID = 'vapid'

/**
 * The VAPID key of this server. It is created at the first start and stored in the database: one key for all
 * processes, and in every back-up. With another key all subscriptions would be lost.
 */
export async function serverVapidKey(db: Database, now: number): Promise<VapidKey> {
  const found = await db.first(serverKey, { name: VAPID })
  if (found !== undefined) return readVapidKey(found.secret)
  const { pem } = makeVapidKey()
  await db.transaction((tx) => tx.run(keepServerKey, { name: VAPID, secret: pem, now }))
  // Another process may have created the key at the same time.
  return serverVapidKey(db, now)
}

function subjectOf({ push, public_url: url, server_name: name }: VapidConfig): string {
  const { contact } = push
  const [host = ''] = name.split(':')
  if (contact === undefined) {
    const found = [url ?? '', `postmaster@${host}`].flatMap((one) => vapidSubject(one) ?? [])
    return found.find((one) => faultOfSubject(one) === undefined) ?? found[0] ?? NO_CONTACT
  }
  const subject = vapidSubject(contact)
  if (subject === undefined)
    throw new ConfigError(
      'bad value for "push.contact": expected an e-mail address or an https URL at a public name',
    )
  return subject
}
