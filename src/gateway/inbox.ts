import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Notification } from './notification.ts'
import type { Message, ProviderType } from './provider.ts'

/** The app that `belfry serve` always has, unless its configuration says otherwise. */
export const INBOX_APP_ID = 'org.belfry.inbox'

/**
 * Which inbox: the user whose it is, and the pushkey. Two users may have the same pushkey. `userId` is empty for an inbox of the
 * configuration.
 */
export type InboxKey = { userId: string; pushkey: string }

/** `notification` as it came, but with the one device whose inbox it is: nobody reads the pushkeys of others. */
export type InboxEntry = {
  notification: Notification
  /** Milliseconds since the Unix epoch. */
  received_at: number
}

/** Grows within an inbox. */
export type StoredEntry = InboxEntry & { id: number }

export type OpenedInbox = { pushkey: string; openedAt: number; usedAt: number }

/** Keeps the last entries of each inbox, so many and so many bytes of them (`inbox-bounds.ts`). */
export interface InboxStore {
  add(inbox: InboxKey, entry: { receivedAt: number; text: string }): Promise<void>
  /** Newest last; those after the entry `after` alone, if it is given. */
  list(inbox: InboxKey, after?: number): Promise<StoredEntry[]>
  /** Calls `listener` after each new entry, until the returned function is called. */
  listen(inbox: InboxKey, listener: () => void): () => void
  /** The opened inbox with that pushkey. */
  opened(pushkey: string): Promise<(InboxKey & { usedAt: number }) | undefined>
  openedOf(userId: string): Promise<OpenedInbox[]>
  /** False, and nothing is changed, when the user has as many as a user may have. */
  open(inbox: InboxKey, now: number): Promise<boolean>
  /** Its owner reads it: it stays open. */
  touch(pushkey: string, now: number): Promise<void>
  /** Erases what it holds, too. False: it was not open. */
  close(inbox: InboxKey): Promise<boolean>
}

/** 192 random bits. */
const PUSHKEY_BYTES = 24

export const newInboxPushkey = (random: Random) => `inbox_${random.token(PUSHKEY_BYTES)}`
/** The database is asked for no other. */
export const looksOpened = (pushkey: string) => /^inbox_[\w-]{32}$/.test(pushkey)

/** Pushkeys that the configuration names, as it is now. */
export type ConfiguredInboxes = {
  has(pushkey: string): boolean
  /** Until the returned function is called. */
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
/** All events fit, with the names that a home server adds. */
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
 * The built-in app. It keeps what is for a user of this server, for an inbox that a user has opened, or for one that the configuration
 * names, and rejects every other pushkey.
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
            await store.add(inbox, { receivedAt: clock.now(), text })
            return { kind: 'delivered', reason: 'kept' }
          } catch {
            return { kind: 'retry', reason: 'database' }
          }
        },
        check: async () =>
          hasUsers || pushkeys.length > 0
            ? []
            : [
                '"pushkeys" is missing: a gateway without users keeps what is for the pushkeys named there, and nothing else',
              ],
        [Symbol.asyncDispose]: async () => forget(),
      }
    },
  }
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

/** JSON of what is kept: without the content where it would be too long. Undefined: it is still too long. */
function entryText({ device, notification }: Message): string | undefined {
  const whole = { ...notification, devices: [device] }
  const { content: _content, ...short } = whole
  return [whole, short]
    .map((one) => JSON.stringify(one))
    .find((text) => Buffer.byteLength(text) <= MAX_ENTRY_BYTES)
}
