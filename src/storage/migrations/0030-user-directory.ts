import type { Migration } from '../migration.ts'

/**
 * The words by which users are found, and the rooms whose members everyone may find. The words of existing
 * users are added after the start (`accounts/user-words.ts`), because a word is not the same in the SQL of
 * both databases.
 */
export const userDirectory: Migration = {
  id: 30,
  name: 'user-directory',
  statements: ({ int, keyed, ordered, textIn }) => {
    const current = (type: string, name: string) => `(select nullif(${textIn('e.content', name)}, '')
      from current_state s join events e on e.position = s.position
      where s.room_id = rooms.room_id and s.type = '${type}' and s.state_key = '')`
    return [
      `create table user_words (
        user_id text not null, word ${ordered} not null, primary key (user_id, word)) ${keyed}`,
      `create index user_words_by_word on user_words (word, user_id)`,
      `alter table users add column is_listed ${int} not null default 0`,
      `create index users_not_listed on users (user_id) where is_listed = 0 and deactivated_at is null`,
      `alter table rooms add column join_rule text`,
      `alter table rooms add column history_visibility text`,
      `update rooms set
        join_rule = ${current('m.room.join_rules', 'join_rule')},
        history_visibility = ${current('m.room.history_visibility', 'history_visibility')}`,
    ]
  },
}
