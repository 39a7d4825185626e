import { z } from 'zod'
import { roomId } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'

/** The answer of an endpoint that leads to a room. */
export const namedRoomId = once(() => z.strictObject({ room_id: roomId() }))
