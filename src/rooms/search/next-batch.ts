import { invalidParam } from '../../lib/errors.ts'
import type { Match } from './search-store.ts'

// `next_batch` of a search: `<order>_<below>_<offset>`, and `_<groups>` for the next page of a group
// (client-server API, "Server Side Search", `GroupValue`).

export type GroupKey = 'room_id' | 'sender'
/** The results with a value: those of one room, or by one sender. */
export type Group = readonly [key: GroupKey, value: string]

export type Order = 'rank' | 'recent'

/**
 * `offset`: matches of this part that earlier pages have, if they are in the order of rank. `groups`: only
 * results of all of them.
 */
export type Batch = { below: number; offset: number; groups: readonly Group[] }

export const isInGroup = ({ room_id: roomId, sender }: Match, [key, value]: Group): boolean =>
  (key === 'room_id' ? roomId : sender) === value

/** @throws 400 M_INVALID_PARAM for a text that is not from an earlier page in the same order */
export function parseBatch({ nextBatch, order }: { nextBatch: string | undefined; order: Order }): Batch {
  if (nextBatch === undefined) return { below: Number.MAX_SAFE_INTEGER, offset: 0, groups: [] }
  const [, ordered, below, offset, text] =
    /^(rank|recent)_(\d{1,15})_(\d{1,4})(?:_([\w-]{1,2000}))?$/.exec(nextBatch) ?? []
  const groups = text === undefined ? [] : groupsIn(text)
  if (ordered !== order || groups === undefined)
    throw invalidParam(
      'next_batch must be the next_batch of the previous page of the same search, with the same order_by',
    )
  return { below: Number(below), offset: Number(offset), groups }
}

function groupsIn(text: string): Group[] | undefined {
  try {
    const groups: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(groups) && groups.every(isGroup) ? groups : undefined
  } catch {
    return undefined
  }
}

const isGroup = (group: unknown): group is Group =>
  Array.isArray(group) &&
  group.length === 2 &&
  (group[0] === 'room_id' || group[0] === 'sender') &&
  typeof group[1] === 'string'

const batchText = (order: Order, { below, offset, groups }: Batch): string => {
  const text = groups.length === 0 ? '' : `_${Buffer.from(JSON.stringify(groups)).toString('base64url')}`
  return `${order}_${below}_${offset}${text}`
}

export type Position = {
  order: Order
  from: Batch
  /** The matches of this part that the user may see, in order. */
  visible: readonly Match[]
  /** How many of them the page has used. */
  read: number
  /** The newest position of this part. */
  top: number
  /** The position before which there may be further matches. */
  end: number | undefined
}

/**
 * The text for the page after a page; with a group, for the page after it with results of the group only.
 * undefined: there is no further match.
 */
export function nextBatch(page: Position, group?: Group): string | undefined {
  const { order, from, visible, read, top, end } = page
  const used = from.offset + read
  const isWanted = (match: Match) => group === undefined || isInGroup(match, group)
  const groups = group === undefined ? from.groups : [...from.groups, group]
  if (!visible.slice(used).some(isWanted))
    return end === undefined ? undefined : batchText(order, { below: end, offset: 0, groups })
  if (order === 'recent')
    return batchText(order, { below: visible[used - 1]?.position ?? 0, offset: 0, groups })
  const offset = visible.slice(0, used).filter(isWanted).length
  return batchText(order, { below: top + 1, offset, groups })
}
