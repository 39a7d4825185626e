import { z } from 'zod'
import { flagOff, setting } from './setting.ts'

/** Who can create accounts, besides `open_registration`. */
export const registrationSchema = z.strictObject({
  requires_token: setting(flagOff, {
    about:
      'Allow clients to create an account with a registration token (`belfry token create`), and only so, also if `open_registration` is set.',
  }),
  shared_secret: setting(z.string().min(1).optional(), {
    about:
      'A secret with which scripts create accounts, also administrators: `/_synapse/admin/v1/register`. Without it the endpoint is off.',
    shownDefault: 'none',
  }),
  shared_secret_file: setting(z.string().min(1).optional(), {
    about: 'A file with that secret in its first line, instead of `registration.shared_secret`.',
    shownDefault: 'none',
  }),
})
