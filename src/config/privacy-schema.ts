import { z } from 'zod'
import { flagOff, flagOn, setting } from './setting.ts'

// The facts about users that other users can see.

export const encryptionSchema = z.strictObject({
  keys_for_shared_rooms_only: setting(flagOn, {
    about:
      'Return the encryption keys of a user only to users who share a room with them, or are invited to it (MSC4263). Off: to all users of the server.',
  }),
})

export const userDirectorySchema = z.strictObject({
  all_users: setting(flagOff, {
    about:
      'Find all users of the server in the user directory. Off: users who share a room with the searching user, or are in a room that everyone can join or read.',
  }),
})
