import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import type { Notification } from './notification.ts'
import type { Message, ProviderType } from './provider.ts'

/** The app that `belfry serve` always has, unless its configuration has another one with this id. */
export const INBOX_APP_ID = 'org.belfry.inbox'

/**
 * The key of an inbox: its owner and its pushkey. Two users can have the same pushkey. `userId` is empty for
 * an inbox from the configuration.
 */
export type InboxKey = { userId: string; pushkey: string }

/** `notification` as it was received, with only the device of this inbox: readers must not see other pushkeys. */
export type InboxEntry = {
  notification: Notification
  /** Milliseconds since the Unix epoch. */
  received_at: number
}

/**
 * `id` increases within an inbox. `isOwn`: this server has sent it, so its event id names an event that its
 * recipient could see.
 */
export type StoredEntry = InboxEntry & { id: number; isOwn: boolean }

/** In a stored notification of this server. */
const OWN = 'org.belfry.own'

export type OpenedInbox = { pushkey: string; openedAt: number; usedAt: number }

/** Stores the last entries of each inbox, up to a number and a size (`inbox-store.ts`). */
export interface InboxStore {
  /** In a transaction of the caller: listeners are called after its commit. */
  add(tx: Transaction, inbox: InboxKey, entry: { receivedAt: number; text: string }): Promise<void>
  /** Newest last; with `after`, only the entries after that one. */
  list(inbox: InboxKey, after?: number): Promise<StoredEntry[]>
  /** Calls `listener` after each new entry until the returned function is called. */
  listen(inbox: InboxKey, listener: () => void): () => void
  /** The opened inbox with this pushkey. */
  opened(pushkey: string): Promise<(InboxKey & { usedAt: number }) | undefined>
  openedOf(userId: string): Promise<OpenedInbox[]>
  /** False: the user has the most inboxes that are allowed, and nothing was changed. */
  open(inbox: InboxKey, now: number): Promise<boolean>
  /** Records that its owner has read it, so that it stays open. */
  touch(pushkey: string, now: number): Promise<void>
  /** Erases its entries too. False: it was not open. */
  close(inbox: InboxKey): Promise<boolean>
}

/** 192 random bits. */
const PUSHKEY_BYTES = 24

export const newInboxPushkey = (random: Random) => `inbox_${random.token(PUSHKEY_BYTES)}`
/** Only pushkeys of this form are looked up in the database. */
export const looksOpened = (pushkey: string) => /^inbox_[\w-]{32}$/.test(pushkey)

/** The pushkeys that the current configuration names. */
export type ConfiguredInboxes = {
  has(pushkey: string): boolean
  /** They are removed when the returned function is called. */
  add(pushkeys: readonly string[]): () => void
}

export function createConfiguredInboxes(): ConfiguredInboxes {
  const lists = new Set<ReadonlySet<string>>()
  return {
    has: (pushkey) => [...lists].some((list) => list.has(pushkey)),
    add(pushkeys) {
      const list = new Set(pushkeys)
      lists.add(list)
      return () => void lists.delete(list)
    },
  }
}

export const MAX_PUSHKEY_BYTES = 512
/** Any event fits, with the names that a home server adds. */
export const MAX_ENTRY_BYTES = 72 * 1024

const options = z.object({
  // 128 bits in base64 are 22 characters, in hexadecimal 32.
  pushkeys: z
    .array(
      z
        .string()
        .min(22, 'expected at least 22 random characters, such as "openssl rand -hex 16" prints')
        .max(MAX_PUSHKEY_BYTES),
    )
    .default([]),
})

export type InboxDeps = { store: InboxStore; configured: ConfiguredInboxes; clock: Clock; hasUsers: boolean }

/**
 * The built-in app. It stores notifications for a user of this server, for an inbox that a user has opened,
 * and for one in the configuration. It rejects all other pushkeys.
 */
export function makeInboxType(deps: InboxDeps): ProviderType<typeof options> {
  const { store, configured, clock, hasUsers } = deps
  return {
    type: 'inbox',
    options,
    async open({ pushkeys }) {
      const forget = configured.add(pushkeys)
      return {
        lineOf: () => 'inbox',
        async send(message) {
          try {
            const inbox = await inboxFor(deps, message)
            if (inbox === undefined) return { kind: 'rejected', reason: 'no such inbox', isCertain: true }
            const text = entryText(message)
            if (text === undefined) return { kind: 'refused', reason: 'too long' }
            const entry = { receivedAt: clock.now(), text }
            return { kind: 'delivered', reason: 'kept', write: (tx) => store.add(tx, inbox, entry) }
          } catch {
            return { kind: 'retry', reason: 'database' }
          }
        },
        check: async () =>
          hasUsers || pushkeys.length > 0
            ? []
            : [
                '"pushkeys" is missing: a gateway without users stores only notifications for the pushkeys in this list',
              ],
        [Symbol.asyncDispose]: async () => forget(),
      }
    },
  }
}

/** The entry of a stored text. */
export function storedEntry(id: number, receivedAt: number, text: string): StoredEntry {
  const { [OWN]: own, ...notification } = JSON.parse(text) as Notification
  return { id, received_at: receivedAt, notification, isOwn: own === true }
}

async function inboxFor(
  { store, configured }: InboxDeps,
  { device: { pushkey }, userId }: Message,
): Promise<InboxKey | undefined> {
  if (configured.has(pushkey)) return { userId: '', pushkey }
  const opened = looksOpened(pushkey) ? await store.opened(pushkey) : undefined
  if (opened !== undefined) return { userId: opened.userId, pushkey }
  if (userId === undefined || pushkey === '' || Buffer.byteLength(pushkey) > MAX_PUSHKEY_BYTES)
    return undefined
  return { userId, pushkey }
}

/** The stored JSON, without the content if it would be too long. Undefined: it is still too long. */
function entryText({ device, notification, userId }: Message): string | undefined {
  // A caller can send any key.
  const whole = { ...notification, devices: [device], [OWN]: userId !== undefined }
  const { content: _content, ...short } = whole
  return [whole, short]
    .map((one) => JSON.stringify(one))
    .find((text) => Buffer.byteLength(text) <= MAX_ENTRY_BYTES)
}
