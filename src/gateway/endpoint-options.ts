import { z } from 'zod'
import { isHostGlob } from './host-globs.ts'

/** RFC 8030 sets no bound, but push services keep nothing longer than four weeks. */
const MAX_TTL_S = 2_419_200

/** Keys of an app whose users choose where it sends to, with Sygnal's names and defaults. */
export const endpointOptions = {
  /** Only push services on these hosts; unset: any public one. */
  allowed_endpoints: z
    .array(z.string().refine(isHostGlob, 'must be a host name, such as *.push.apple.com'))
    .optional(),
  /** Seconds. */
  ttl: z.int().nonnegative().max(MAX_TTL_S),
  /** To each push service. */
  max_connections: z.int().positive().default(20),
  /** Certificate authorities in PEM, trusted beside the usual ones. */
  ca_file: z.string().min(1).optional(),
}
