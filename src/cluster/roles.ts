/**
 * The parts of the program that a process runs. `http`: the API for clients. `delivery`: pokes and mail. `gateway`: the push gateway.
 * `sweep`: removes old rows; of all processes with this role one does it.
 */
export const ROLES = ['http', 'delivery', 'gateway', 'sweep'] as const

export type Role = (typeof ROLES)[number]
