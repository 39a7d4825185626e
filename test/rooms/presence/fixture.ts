import type { TestContext } from 'node:test'
import { upsertDevice } from '../../../src/accounts/devices-store.ts'
import { setAccountData } from '../../../src/accounts/account-data.ts'
import type { DeviceId, UserId } from '../../../src/lib/ids.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { changePresence, setPresence } from '../../../src/rooms/presence/change-presence.ts'
import { presenceSection } from '../../../src/rooms/presence/presence-section.ts'
import type { PresenceChange, PresenceState } from '../../../src/rooms/presence/presence-state.ts'
import { readPresence } from '../../../src/rooms/presence/read-presence.ts'
import type { Database } from '../../../src/storage/database.ts'
import { quotas } from '../../support/quotas.ts'
import { createSyncFixture, deviceOf, type SyncBody, user } from '../sync-fixture.ts'

export const HOUR = 3_600_000

export type PresenceBody = SyncBody & {
  presence: { events: { sender: UserId; content: JsonObject & { presence: PresenceState } }[] }
}

/** A server that shows presence. Each user has one device. */
export async function createPresenceFixture(t: TestContext, db: Database, names: readonly string[]) {
  const fixture = await createSyncFixture(t, db, names)
  const { clock, bus } = fixture
  fixture.reads.sections = [...fixture.reads.sections, presenceSection({ clock })]
  // Syncs change no presence by themselves; tests change it where they want.
  fixture.reads.devicePresence = {
    synced: () => undefined,
    active: () => undefined,
    pending: 0,
    [Symbol.asyncDispose]: async () => undefined,
  }
  const addDevice = (userId: UserId, deviceId: DeviceId = deviceOf(userId)) =>
    db.transaction((tx) =>
      tx.run(upsertDevice, { userId, deviceId, displayName: null, address: null, now: clock.now() }),
    )
  for (const name of names) await addDevice(user(name))
  const change = (userId: UserId, of?: PresenceChange) =>
    db.transaction((tx) => changePresence({ bus, clock }, tx, [{ userId, ...(of && { change: of }) }]), {
      orderedBy: userId,
    })
  return {
    ...fixture,
    addDevice,
    /** A sync of the user's device that keeps it connected for an hour. */
    connect: (userId: UserId, state: PresenceState = 'online') =>
      change(userId, {
        kind: 'sync',
        deviceId: deviceOf(userId),
        state,
        connectedUntil: clock.now() + HOUR,
      }),
    pass: change,
    set: (userId: UserId, state: PresenceState, statusMessage: string | null = null) =>
      setPresence({ db, bus, clock }, { userId, deviceId: deviceOf(userId) }, { state, statusMessage }),
    see: (viewer: UserId, userId: UserId) => readPresence(db, { viewer, userId, now: clock.now() }),
    ignore: (userId: UserId, ignored: readonly UserId[]) =>
      setAccountData(
        { db, bus, quotas, onUsersIgnored: async () => undefined, onRulesChanged: async () => undefined },
        { userId, roomId: '', type: 'm.ignored_user_list' },
        { ignored_users: Object.fromEntries(ignored.map((one) => [one, {}])) },
      ),
    /** The presence in a response, as `name state`, and the next token. */
    presence: async (viewer: UserId, since?: string, filter: JsonObject = {}) => {
      const body = (await fixture.sync(viewer, since, { filter: { presence: filter } })) as PresenceBody
      return {
        seen: body.presence.events.map(({ sender, content }) => `${nameOf(sender)} ${content.presence}`),
        events: body.presence.events,
        since: body.next_batch,
      }
    },
  }
}

const nameOf = (userId: UserId) => userId.slice(1).split(':')[0]
