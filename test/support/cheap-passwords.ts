/**
 * The cheapest parameters of argon2: the recommended ones take 50 ms of a processor for each registration and
 * login.
 */
export const CHEAP = { memory: 8, passes: 1 }
