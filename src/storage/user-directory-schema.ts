import type { UserId } from '../lib/ids.ts'

/**
 * The words by which the user directory finds a user, in the form of `lib/words.ts`. In the order of code
 * points. A deactivated user has none.
 */
export type UserWordsTable = { user_id: UserId; word: string }

export type UserDirectorySchema = {
  user_words: UserWordsTable
}
