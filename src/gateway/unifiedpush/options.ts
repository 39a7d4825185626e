import { z } from 'zod'
import { endpointOptions } from '../endpoint-options.ts'

/** A phone can be without a network for a day. */
const TTL_S = 86_400

/** The settings of an app of the type `unifiedpush`. */
export const unifiedPushOptions = z.object({ ...endpointOptions, ttl: endpointOptions.ttl.default(TTL_S) })

export type UnifiedPushOptions = z.output<typeof unifiedPushOptions>
