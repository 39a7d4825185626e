import { z } from 'zod'
import { once } from '../lib/once.ts'

// Schemas that the responses of many routes share. They are functions, like all response schemas.

export const userId = once(() => z.string().startsWith('@'))
export const roomId = once(() => z.string().startsWith('!'))
export const eventId = once(() => z.string().startsWith('$'))
export const roomAlias = once(() => z.string().startsWith('#'))
/** Milliseconds since the Unix epoch. */
export const time = once(() => z.int().describe('Milliseconds since the Unix epoch'))
/** The empty response. */
export const nothing = once(() => z.strictObject({}))
