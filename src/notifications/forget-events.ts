import type { RoomId } from '../lib/ids.ts'
import type { Transaction } from '../storage/database.ts'
import {
  deletePassedExceptions,
  deletePassedOfOthers,
  deletePassedOutcomes,
  deletePassedThreads,
} from './forget-events-store.ts'

/**
 * Removes the outcomes of events that are removed for good. Their members must have read up to `readTo`, so
 * no count changes. Of each cohort and thread the last row before it stays: later totals continue from it.
 * The events are not invitations.
 */
export async function forgetEvents(
  tx: Transaction,
  forgotten: { roomId: RoomId; positions: readonly number[]; readTo: number },
): Promise<void> {
  await tx.run(deletePassedExceptions, forgotten)
  await tx.run(deletePassedOutcomes, forgotten)
  await tx.run(deletePassedOfOthers, forgotten)
  await tx.run(deletePassedThreads, forgotten)
}
