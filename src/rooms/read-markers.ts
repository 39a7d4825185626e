import { accountDataOfType } from '../accounts/account-data-store.ts'
import { writeAccountData } from '../accounts/account-data.ts'
import type { Bus } from '../cluster/bus.ts'
import { isEventId, type UserId } from '../lib/ids.ts'
import { parseStored } from '../lib/json.ts'
import type { Event } from '../lib/matrix-event.ts'
import type { Transaction } from '../storage/database.ts'
import { findEventOfRoom } from './event-store.ts'

const TYPE = 'm.fully_read'

/**
 * Moves the fully read marker, which is account data of the room (client-server API, "Fully read markers"), up to an
 * event. A move backwards is ignored.
 */
export async function moveFullyRead(
  deps: { bus: Bus },
  tx: Transaction,
  { userId, event }: { userId: UserId; event: Event },
): Promise<void> {
  const { roomId } = event
  const before = await tx.first(accountDataOfType, { userId, roomId, type: TYPE })
  const marked = before && parseStored(before.content)['event_id']
  if (typeof marked === 'string' && isEventId(marked)) {
    const reached = await findEventOfRoom(tx, roomId, marked)
    if (reached && reached.position >= event.position) return
  }
  await writeAccountData(deps, tx, { userId, roomId, type: TYPE, content: { event_id: event.eventId } })
}
