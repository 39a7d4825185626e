import type { Migration } from '../migration.ts'

/** Finds the receipts after a position of the stream, in all rooms. */
export const receiptsStream: Migration = {
  id: 22,
  name: 'receipts-stream',
  statements: () => [`create index receipts_in_stream on receipts (position)`],
}
