import type { Message, ProviderDeps } from '../../src/gateway/provider.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { makeIpPolicy } from '../../src/lib/outbound/ip-policy.ts'
import { createResolver } from '../../src/lib/outbound/resolve.ts'
import { wordsOf } from '../support/words.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock } from '../support/manual-clock.ts'

/** Dependencies for opening a provider, with a clock that stands still. */
export function providerDeps(changes: Partial<ProviderDeps> = {}): ProviderDeps {
  return {
    clock: createManualClock(),
    random: systemRandom,
    log: silentLog,
    wordsOf,
    metrics: createMetrics({ processMetrics: false }),
    policy: makeIpPolicy([]),
    lookup: createResolver({ clock: systemClock }),
    appId: 'org.example.app',
    ...changes,
  }
}

/** A notification with content: the one of Sygnal's own tests. */
export const ROOM_MESSAGE = {
  event_id: '$qTOWWTEL48yPm3uT-gdNhFcoHxfKbZuqRVnnWWSkGBs',
  room_id: '!slw48wfj34rtnrf:example.com',
  type: 'm.room.message',
  sender: '@exampleuser:matrix.org',
  sender_display_name: 'Major Tom',
  room_name: 'Mission Control',
  room_alias: '#exampleroom:matrix.org',
  prio: 'high',
  content: { msgtype: 'm.text', body: "I'm floating in a most peculiar way.", other: 1 },
  counts: { unread: 2, missed_calls: 1 },
}

export const ID_ONLY = {
  event_id: ROOM_MESSAGE.event_id,
  room_id: ROOM_MESSAGE.room_id,
  counts: { unread: 2 },
}

/** A badge update as Synapse writes it. */
export const BADGE_ONLY = { id: '', type: null, sender: '', counts: { unread: 2 } }

type Parts = {
  notification?: object
  device?: Partial<Message['device']>
  expiresAt?: number
  attempt?: number
}

/** A message for one device. `notification` is the notification without `devices`. */
export function messageOf({ notification = ROOM_MESSAGE, device = {}, ...more }: Parts = {}): Message {
  const whole = { app_id: 'org.example.app', pushkey: 'spqr', pushkey_ts: 42, ...device }
  return {
    device: whole,
    notification: { ...notification, devices: [whole] },
    expiresAt: more.expiresAt ?? 1_800_000_000_000 + 3_600_000,
    attempt: more.attempt ?? 1,
  }
}
