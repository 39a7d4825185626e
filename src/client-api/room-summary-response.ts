import { z } from 'zod'
import { roomAlias, roomId } from '../http/response-parts.ts'
import { named } from '../http/response.ts'

/** An entry of the public room list (`publishedRoom`). */
export const publishedRoomSchema = named('PublishedRoom', () =>
  z.strictObject({
    room_id: roomId(),
    num_joined_members: z.int().min(0),
    world_readable: z.boolean(),
    guest_can_join: z.boolean(),
    join_rule: z.string(),
    name: z.string().optional(),
    topic: z.string().optional(),
    canonical_alias: roomAlias().optional(),
    avatar_url: z.string().optional(),
    room_type: z.string().optional(),
  }),
)

/** The keys of `roomPreview`. */
export const summaryKeys = () => ({
  ...publishedRoomSchema().shape,
  room_version: z.string(),
  allowed_room_ids: z.array(roomId()).optional(),
  encryption: z.string().optional(),
})
