import { z } from 'zod'

const MAX_BYTES = 255

/** The id by which a client makes a repeated request idempotent (client-server API, "Transaction identifiers"). */
export const txnIdSchema = z.string().refine((text) => text !== '' && Buffer.byteLength(text) <= MAX_BYTES, {
  error: `expected 1 to ${MAX_BYTES} bytes`,
})
