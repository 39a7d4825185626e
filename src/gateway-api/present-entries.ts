import type { InboxKey, StoredEntry } from '../gateway/inbox.ts'
import { askedText, type NotificationText } from '../gateway/notification-text.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { JsonObject } from '../lib/json.ts'

/**
 * The contents of those events of this server that were edited or redacted since, as a user sees them. Absent
 * in a gateway that runs alone.
 */
export type ContentsNow =
  | ((userId: string, eventIds: readonly string[]) => Promise<ReadonlyMap<string, JsonObject>>)
  | undefined

/**
 * The entries of this server with the present text of their events: that of the newest edit, and none of a
 * redacted event. Entries without content, and those of other callers, stay as they were received: a caller
 * could name any event.
 */
/** `text`: the words for a pusher that asks for them, about the present content. */
export type ShownEntry = StoredEntry & { text?: NotificationText }

/** What the API shows of an entry. */
export const shownEntry = ({ received_at, notification, text }: ShownEntry) => ({
  received_at,
  notification,
  ...(text !== undefined && { text }),
})

export type Presenting = { contentsNow?: ContentsNow; wordsOf: LoadWords }

/** The entries with their present contents and with words. */
export async function presentEntries(
  { contentsNow, wordsOf }: Presenting,
  inbox: InboxKey,
  entries: readonly StoredEntry[],
): Promise<readonly ShownEntry[]> {
  const present = await withContents(contentsNow, inbox, entries)
  return Promise.all(
    present.map(async (entry) => {
      const [device] = entry.notification.devices
      const text = device && (await askedText(wordsOf, { device, notification: entry.notification }))
      return text === undefined ? entry : { ...entry, text }
    }),
  )
}

async function withContents(
  contentsNow: ContentsNow,
  { userId }: InboxKey,
  entries: readonly StoredEntry[],
): Promise<readonly StoredEntry[]> {
  const eventIds = entries.flatMap(({ isOwn, notification: { event_id: id, content } }) =>
    isOwn && typeof id === 'string' && content ? [id] : [],
  )
  if (contentsNow === undefined || eventIds.length === 0) return entries
  const contents = await contentsNow(userId, [...new Set(eventIds)])
  if (contents.size === 0) return entries
  return entries.map((entry) => {
    const { content: received, ...others } = entry.notification
    const now = contents.get(others.event_id ?? '')
    if (!entry.isOwn || !received || now === undefined) return entry
    const isEmpty = Object.keys(now).length === 0
    return { ...entry, notification: { ...others, ...(!isEmpty && { content: now }) } }
  })
}
