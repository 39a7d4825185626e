/** Tokens with which accounts can be registered. They are not secret from operators, who pass them on. */
export type RegistrationTokensTable = {
  token: string
  /** The number of accounts that it can register; null: any number. */
  uses_allowed: number | null
  /** The number of accounts that it has registered. */
  completed: number
  /** null: never. */
  expires_at: number | null
  created_at: number
}

export type RegistrationSchema = {
  registration_tokens: RegistrationTokensTable
}
