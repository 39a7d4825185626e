import { z } from 'zod'
import { roomId } from '../http/response-parts.ts'
import { once } from '../lib/once.ts'

/** The response of an endpoint that creates or joins a room, or knocks on it. */
export const roomIdResponse = once(() => z.strictObject({ room_id: roomId() }))
