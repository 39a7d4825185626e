import { z } from 'zod'
import { once } from '../lib/once.ts'

// Pieces of answers that many routes share. Functions, as all schemas of answers are.

export const userId = once(() => z.string().startsWith('@'))
export const roomId = once(() => z.string().startsWith('!'))
export const eventId = once(() => z.string().startsWith('$'))
export const roomAlias = once(() => z.string().startsWith('#'))
/** Milliseconds since the Unix epoch. */
export const time = once(() => z.int().describe('Milliseconds since the Unix epoch'))
/** The answer of an endpoint that has nothing to say. */
export const nothing = once(() => z.strictObject({}))
