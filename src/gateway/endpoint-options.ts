import { z } from 'zod'
import { isHostGlob } from './host-globs.ts'

/** RFC 8030 has no limit, but push services keep messages for four weeks at most. */
const MAX_TTL_S = 2_419_200

/** Settings of apps whose users choose the push service, with Sygnal's names and defaults. */
export const endpointOptions = {
  /** Allowed hosts of push services; unset: all public ones. */
  allowed_endpoints: z
    .array(z.string().refine(isHostGlob, 'must be a host name, such as *.push.apple.com'))
    .optional(),
  /** Seconds. */
  ttl: z.int().nonnegative().max(MAX_TTL_S),
  /** For each push service. */
  max_connections: z.int().positive().default(20),
  /** Certificate authorities in PEM, trusted in addition to the default ones. */
  ca_file: z.string().min(1).optional(),
}
