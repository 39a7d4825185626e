import type { DeviceId, EventId, RoomId, UserId } from '../../src/lib/ids.ts'
import { type Event, MAIN_THREAD } from '../../src/lib/matrix-event.ts'

/** A message of `@alice:test` in `!room:test`; `changes` replace fields. */
export function testEvent(changes: Partial<Event> = {}): Event {
  return {
    position: 7,
    eventId: '$message' as EventId,
    roomId: '!room:test' as RoomId,
    type: 'm.room.message',
    stateKey: null,
    sender: '@alice:test' as UserId,
    originServerTs: 1_800_000_000_000,
    content: { msgtype: 'm.text', body: 'Dinner' },
    threadId: MAIN_THREAD,
    replacesEventId: null,
    redacts: null,
    redactedBy: null,
    senderDevice: 'PHONE' as DeviceId,
    txnId: 'txn1',
    ...changes,
  }
}
