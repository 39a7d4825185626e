import { loadConfig } from '../../src/config/load.ts'

/** The default quotas. */
export const { quotas } = loadConfig({ argv: [], env: {} })
