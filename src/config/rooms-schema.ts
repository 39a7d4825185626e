import { z } from 'zod'
import { flagOn, setting } from './setting.ts'

/** In YAML a version without quotes is a number. */
const roomVersion = z.preprocess(
  (given) => (typeof given === 'number' ? String(given) : given),
  z.enum(['10', '11', '12']),
)

/** New rooms. */
export const roomsSchema = z.strictObject({
  default_version: setting(roomVersion.default('11'), {
    about:
      'The version of rooms that are created without one: 10, 11 or 12. Several installed clients cannot use version 12 (docs/clients.md).',
  }),
  allow_encryption: setting(flagOn, {
    about:
      'Accept `m.room.encryption`, which encrypts a room for good. Off: Element Web is told not to create encrypted rooms.',
  }),
})
