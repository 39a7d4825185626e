import { loadConfig } from '../../src/config/load.ts'

/** The quotas of a server without a configuration. */
export const { quotas } = loadConfig({ argv: [], env: {} })
