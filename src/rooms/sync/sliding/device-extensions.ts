import { waitingMessages } from '../../../accounts/to-device/waiting.ts'
import { earlierOf, pointText, START } from '../../../storage/stream-point.ts'
import type { SyncSection } from '../section.ts'
import type { Typing } from '../../typing.ts'
import { type Extension, isWidened, roomsInScope } from './extension.ts'
import { ROOM_EXTENSIONS } from './extension-scope.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { once } from '../../../lib/once.ts'

/**
 * `to_device` (MSC3885): the oldest messages that wait for the device. Its own cursor `since` acknowledges
 * them, independently of `pos`: an app and its notification extension share one device, and each continues
 * where the other has stopped.
 */
export function toDeviceExtension({ pageBytes }: { pageBytes: number }): Extension {
  return async ({ read, viewer: { userId, deviceId }, requests: { toDevice }, hasMessages, now }) => {
    if (!toDevice) return undefined
    // A cursor from before a restore would acknowledge later messages that the device never got.
    const cursor = earlierOf(now.position, toDevice.since ?? START)
    const nothing = { part: { next_batch: pointText(cursor), events: [] }, hasNews: false }
    if (deviceId === null || !hasMessages) return nothing
    const page = { maxBytes: pageBytes, limit: toDevice.limit }
    const { messages, upTo } = await waitingMessages(read, { userId, deviceId }, page)
    if (upTo === undefined) return nothing
    return {
      part: { next_batch: pointText(earlierOf(now.position, [upTo])), events: messages },
      hasNews: true,
    }
  }
}

/**
 * `e2ee` (MSC3884): changed device lists, and the keys of the device that are left.
 * @param section the section of /sync with the same data
 */
export function encryptionExtension(section: SyncSection): Extension {
  return async (context) => {
    const { requests, since, known } = context
    if (!requests.e2ee) return undefined
    // While the extension was off, the client missed the changes of device lists.
    const missed = since && known.listsUpTo && { ...since, position: known.listsUpTo }
    const { keys, hasNews } = await section.news(missed ? { ...context, since: missed } : context)
    const lists = keys.device_lists
    const part = {
      ...(lists && (lists.changed.length > 0 || lists.left.length > 0) && { device_lists: lists }),
      // A client takes a missing count for no keys, or never adds keys.
      device_one_time_keys_count: keys.device_one_time_keys_count ?? {},
      device_unused_fallback_key_types: keys.device_unused_fallback_key_types ?? [],
    }
    return { part, hasNews }
  }
}

/** `typing` (MSC3961): the typing users of rooms in the windows where they changed. */
export function typingExtension(typing: Typing): Extension {
  return async ({ requests, rooms: all, typed }) => {
    if (!requests.typing) return undefined
    const bit = ROOM_EXTENSIONS.typing
    const ever = once(() => new Set(typing.changedSince(0)))
    const rooms: JsonObject = {}
    for (const one of roomsInScope(all, bit)) {
      const { room, after } = one
      if (room.membership !== 'join') continue
      const userIds = typing.usersIn(room.roomId)
      // The client can show users who stopped typing while the room was out of scope.
      const isChanged = () => (isWidened(one, bit) ? ever().has(room.roomId) : typed.has(room.roomId))
      if (after === undefined ? userIds.length > 0 : isChanged())
        rooms[room.roomId] = { type: 'm.typing', content: { user_ids: userIds } }
    }
    return Promise.resolve({ part: { rooms }, hasNews: Object.keys(rooms).length > 0 })
  }
}
