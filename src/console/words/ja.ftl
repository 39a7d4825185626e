## Everywhere
skip = 本文へ移動
close = 閉じる
cancel = キャンセル
nav-label = 画面
sign-out = ログアウト
copy-link = リンクをコピー
copy-json = JSON としてコピー
copy-done = コピーしました
copy-failed = ブラウザーがコピーを許可しませんでした
clock-differs = このブラウザーの時計はサーバーの時計と { $by } ずれています。以下の時刻はサーバーの時刻です。
theme-label = テーマ: { $theme }
theme-system = システムに合わせる
theme-light = ライト
theme-dark = ダーク
language-label = 言語
time-now = たった今
time-never = なし

## States of every screen
state-loading = 読み込み中
state-slow = サーバーの応答に時間がかかっています。しばらくお待ちください。
state-offline = サーバーに接続できません
state-forbidden = 表示する権限がありません
state-missing = 表示できるものがありません
state-failed = サーバーが応答できませんでした
state-retry = 再試行

## Sign in
sign-in-title = Belfry
sign-in-about = なぜ鳴った？なぜ鳴らなかった？このサーバーの Matrix アカウントでログインしてください。
sign-in-user = ユーザー名
sign-in-user-hint = 例: alice または @alice:example.org
sign-in-password = パスワード
sign-in-token = アクセストークン
sign-in-token-hint = クライアントやスクリプトのトークンです。ここでログアウトしても有効なままです。
sign-in-token-of-link = 開いたリンクに含まれていたものです。
sign-in-registration = 登録トークン
sign-in-registration-hint = このサーバーの管理者から受け取ったものです。
sign-in-registration-refused = この登録トークンは不明か、使い切られたか、期限が切れています
sign-in-do = ログイン
sign-in-create = アカウントを作成
sign-in-with-account = アカウントを新規作成
sign-in-new-user-hint = 英小文字、数字、. _ = / -
sign-in-busy = ログイン中…
sign-in-with-token = アクセストークンを使う
sign-in-with-password = パスワードを使う
sign-in-refused = ユーザー名またはパスワードが違います
sign-in-token-refused = サーバーはこのアクセストークンを認識できません

## Keys
keys-title = キー操作
keys-filter = フィルターへ移動
keys-next = 次の行
keys-previous = 前の行
keys-open = 行を開く
keys-back = 入力欄から出る、または一覧に戻る
keys-test = 最初のテストボタンへ移動
keys-help = この一覧
keys-switch = 1 文字のショートカットキーを使う

## Today
today-title = 今日
today-devices = あなたのデバイス
today-recent = 最近の出来事
today-all = すべての履歴
device-success = 最後の通知
device-failing = 失敗の開始
device-arrived = { $after } 後に到着
device-last-arrived = 最後の到着
device-usually = 通常は { $after } 後
device-not-seen = { $count ->
   *[other] 直近の { $count } 件が届いていません
}
device-queued = { $count ->
   *[other] { $count } 件待機中
}
pusher-ok = 鳴ります
pusher-unused = 未使用
pusher-pending = アプリの確認待ち
pusher-retrying = 再試行中
pusher-failing = 失敗中
pusher-off = オフ
pusher-not-seen = 送信済み、未取得
test-send = テストを送信
test-to = （宛先: { $name }）
test-busy = 送信中…
test-ok = 送信しました
test-rejected = 拒否されました: アプリにこのデバイスはありません
test-unreachable = ゲートウェイに接続できません
test-rate-limited = ゲートウェイが待つよう求めています
test-not-registered = このデバイスはもうありません
test-blocked = ゲートウェイのアドレスは許可されていません
test-disabled = デバイスはオフです
test-not-activated = アプリがデバイスを確認していません
test-unsupported = この種類のデバイスはテストできません
first-title = 通知を受け取るデバイスがまだありません
first-about = アプリは通知の送り先をサーバーに伝えます。これをプッシャーと呼びます。用意する方法は 2 つあります。
first-client = Element X、FluffyChat、SchildiChat のいずれかに、サーバー { $server } を指定して { $user } でログインし、通知を許可してください。
first-curl = または、このサーバーにテスト用の受信箱を作ります。TOKEN はあなたのアクセストークンです。
first-waiting = 最初のデバイスを待っています。このページは自動で更新されます。

ring-do = このブラウザーを鳴らす
ring-step-permission = 通知を表示してよいか、ブラウザーが確認しています…
ring-step-subscribe = ブラウザーのプッシュサービスに登録中…
ring-step-confirm = 最初のプッシュを待っています…
ring-step-ring = 鳴らしています…
ring-done = 送信しました。ブラウザーに通知が表示されます。
ring-denied = ブラウザーがこのページの通知を許可していません。ブラウザーのサイト設定で許可してください。
ring-off = このサーバーでは Web Push が無効です（設定 push.web_push）。
ring-no-service = ブラウザーがプッシュサービスに登録できませんでした。
ring-not-confirmed = 最初のプッシュが 20 秒以内に届きませんでした。サーバーがインターネットに接続できるか確認してください。
ring-unsupported = このブラウザーを鳴らすには、コンソールを https または localhost で開いてください。
ring-app = Belfry コンソール
ring-device = このブラウザー
ring-title = 鳴りました
ring-text = Belfry からこのブラウザーに届きました。

## Journeys
journeys-title = 履歴
journeys-event = イベント ID で開く
list-event = イベント
list-why = 理由
list-no-devices = デバイスなし
list-older = 以前の履歴を読み込む
list-news = { $count ->
   *[other] 新着 { $count } 件
}
list-total = { $count ->
   *[other] 履歴 { $count } 件
}
list-total-at-least = { $count ->
   *[other] 履歴 { $count } 件以上
}
list-none = まだ何もありません
list-none-about = 誰かからメッセージが届くたびに、鳴った理由または鳴らなかった理由とともに、ここに自動で表示されます。
list-none-match = 一致する履歴はありません
list-none-match-about = フィルターを外すか、お待ちください。新しい履歴は自動で表示されます。
live-connecting = 接続中
live-live = ライブ
live-paused = 一時停止中
live-failed = 5 秒ごと
live-pause = 一時停止
live-resume = 再開
filter-state = 状態
filter-device = デバイス
filter-since = 期間
filter-room = ルーム ID
filter-all = すべて
filter-clear = フィルターを解除
since-1h = 過去 1 時間
since-24h = 過去 24 時間
since-7d = 過去 7 日間
device-state-sent = 送信済み
device-state-waiting = 待機中
device-state-held = 保留中
device-state-failing = 失敗中
device-state-silent = 音なし
device-state-read-first = 先に既読
device-state-skipped = スキップ
device-state-dropped = 却下
device-state-rejected = 拒否
device-state-off = オフ
device-state-unknown = 不明
type-m-room-message = メッセージ
type-m-room-encrypted = 暗号化メッセージ
type-m-room-member = メンバーの変更
type-m-call-invite = 通話
type-m-sticker = ステッカー
type-m-room-topic = トピック
type-m-room-name = ルーム名
type-m-room-tombstone = ルームのアップグレード
type-m-poll-start = アンケート

## One journey
journey-title = イベントの履歴
journey-decision = 判定
journey-devices = デバイス
journey-no-devices = デバイスはありませんでした
journey-no-devices-about = イベントの送信時、このユーザーには通知を受け取るアプリがありませんでした。
journey-rule = 決め手のルール:
journey-rules = プッシュルール（評価順）
journey-rules-changed = その後ルールが変更されました。一覧は現在のルール、判定は保存時のものです。
journey-try = このイベントでルールを試す
journey-removed = 削除済み
journey-untraced = サーバーが履歴を記録していないため（設定 trace.enabled）、試行は表示されません。
fact-when = 送信日時
fact-sender = 送信者
fact-room = ルーム
fact-type = 種類
fact-user = 対象ユーザー
fact-read = 既読
fact-read-yes = はい
fact-read-no = まだ
fact-event = イベント ID
step-attempt = 試行 { $number }
step-status = ステータス { $status }
step-next = 次の試行
step-unknown = 不明
step-waiting = 待機中
step-held = 保留中

step-sent = 送信済み
step-fetched = 到着
step-rejected = 拒否
step-dropped = 却下
step-skipped = 送信なし
step-cleared = 削除済み
step-not-queued = 送信なし
step-not-seen = 未取得
step-gateway = ゲートウェイに到着
reason-no-rule-matched = 一致するルールなし
reason-not-kept = 記録なし
reason-wakes-only = デバイスを起動するのみ
reason-rules-failed = ルールのエラー
reason-not-fetched = 未取得
reason-read = 先に既読
reason-gateway-failing = ゲートウェイの障害
reason-mail-server-failing = メールサーバーの障害
reason-suppressed-by-a-device-rule = このデバイスでは通知オフ
reason-does-not-notify = 通知しない
reason-in-the-app-only = アプリ内のみ
reason-collapsed = 新しい通知に置き換え
reason-active-elsewhere = 保留: 別のデバイスを使用中
reason-no-pushers = デバイスなし
reason-set-after-the-event = イベント後に設定
reason-pusher-disabled = デバイスがオフだった
reason-disabled = デバイスがオフ
reason-not-activated = アプリが未確認
reason-own-event = 自分のイベント
reason-not-a-member = メンバーではない
reason-sender-is-ignored = 無視中の送信者
reason-redacted = 削除されたメッセージ
reason-not-by-e-mail = メールの対象外
remedy-2xx = ゲートウェイは応答しましたが、通知を受け付けませんでした。理由はゲートウェイの管理者がログで確認できます。
remedy-3xx = ゲートウェイがリダイレクトを返しました。プッシャーには最終的なアドレスを設定してください。
remedy-4xx = ゲートウェイがリクエストを拒否しています。プッシャーの app id とアドレスを確認してください。
remedy-5xx = ゲートウェイに障害が発生しています。サーバーが自動で再試行します。
remedy-connection-refused = ゲートウェイのアドレスで応答がありません。ゲートウェイが動作しているか、ポートが正しいか確認してください。
remedy-dns = ゲートウェイのホスト名が存在しません。プッシャーのアドレスを確認してください。
remedy-timeout = ゲートウェイが時間内に応答しませんでした。サーバーが自動で再試行します。
remedy-tls = ゲートウェイの証明書が信頼されていません。証明書を更新するか、push.extra_ca で認証局を追加してください。
remedy-blocked-by-the-IP-policy = アドレスがパブリックではありません。信頼できる場合は push.allow_ip_ranges で許可してください。

## Rules
rules-not-matched = { $count ->
   *[other] { $count } 件のルールは一致しませんでした
}
rules-not-reached = { $count ->
   *[other] ほかの { $count } 件のルールは評価不要でした。
}
verdict-matched = 一致
verdict-wakes-only = デバイスを起動するのみ
verdict-no-match = 不一致
verdict-disabled = オフ
verdict-malformed = 形式エラー
verdict-not-evaluated = 未評価
check-holds = 成立
check-fails = 不成立
check-expected = 期待値
check-actual = 実際の値
check-nothing = なし
condition-event-match = イベントがパターンに一致する
condition-event-property-is = イベントのプロパティが特定の値である
condition-event-property-contains = イベントのリストに特定の値が含まれる
condition-contains-display-name = 本文にあなたの名前が含まれる
condition-room-member-count = ルームのメンバーが特定の人数である
condition-sender-notification-permission = 送信者にルーム全体へ通知する権限がある
rule-own = 独自ルール { $id }（{ $kind }）
rule-device = { $handle } のみ
kind-override = override
kind-content = 単語
kind-room = ルーム
kind-sender = 送信者
kind-underride = underride
rule-m-rule-master = すべてミュート
rule-m-rule-suppress-notices = ボットのメッセージ
rule-m-rule-invite-for-me = あなたへの招待
rule-m-rule-member-event = メンバーの変更
rule-m-rule-is-user-mention = あなたへのメンション
rule-m-rule-contains-display-name = 本文にあなたの名前
rule-m-rule-is-room-mention = ルームへのメンション
rule-m-rule-roomnotif = 本文に @room
rule-m-rule-tombstone = ルームのアップグレード
rule-m-rule-reaction = リアクション
rule-m-rule-room-server-acl = ルームのサーバーリスト
rule-m-rule-suppress-edits = メッセージの編集
rule-m-rule-contains-user-name = 本文にあなたのユーザー名
rule-m-rule-call = 通話
rule-m-rule-encrypted-room-one-to-one = 1 対 1 の暗号化メッセージ
rule-m-rule-room-one-to-one = 1 対 1 のメッセージ
rule-m-rule-message = メッセージ
rule-m-rule-encrypted = 暗号化メッセージ

## The table of rules
rules-title = ルール
rules-about = 何がどこで鳴るかを決めます。デバイスのルールは、そのデバイスに限りアカウントのルールより優先されます。未読数はアカウントのルールだけで決まります。
rules-account = アカウント
rules-device = デバイス
rules-filter = ルームを検索
rules-rooms = ルーム
rules-senders = ユーザー
rules-contents = 単語
rules-room = ルーム
rules-sender = ユーザー
rules-content = 単語
rules-no-rooms = ルームが見つかりません。
rules-no-senders = ユーザーに対するルールはありません。
rules-no-contents = 単語に対するルールはありません。
rules-more = さらに表示
rules-cell = { $what }、{ $where }
rules-effect = 動作
rules-period = 期間
rules-save = 保存
rules-add = 追加
rules-add-sender = 相手のユーザー ID
rules-add-content = 単語（* と ? は任意の文字）
rules-other = その他のルール
rules-own = 条件付きの独自ルール
rules-defaults = 既定のルール
rules-rule = ルール
rules-state = 状態
rules-actions = 変更
rules-on = オン
rules-off = オフ
rules-switch-on = オンにする
rules-switch-off = オフにする
rules-delete = 削除
rules-ends = 終了
effect-inherits = 通常どおり
effect-muted = ミュート
effect-mentions = メンションのみ
effect-silent = 通知しない
effect-quiet = 音なしで通知
effect-rings = 鳴らす
effect-highlight = 鳴らして強調表示
period-always = 無期限
period-hour = 1 時間
period-work = 8 時間
period-day = 1 日

## The doctor
doctor-title = 診断
doctor-nothing = 通知の到着を妨げるものはありません
doctor-more = { $count ->
   *[other] これらを解決すると、さらに { $count } 件の診断結果が表示されます。
}
severity-problem = 問題
severity-warning = 警告
severity-hint = ヒント
finding-busy = 変更中…
finding-done = 完了
finding-no-pusher = 通知を受け取るデバイスがありません。
finding-notifications-are-off = すべての通知がオフになっています。
finding-no-process-delivers = サーバーは現在、通知を送信していません。通知は送信が再開されるまで待機します。
finding-pusher-is-failing = { $device } への通知が { $since } から失敗しています。
finding-pusher-is-retrying = { $device } への通知が { $since } から失敗しています。
finding-pusher-is-disabled = { $device } はオフになっています。
finding-pusher-is-not-confirmed = { $device } のアプリが、通知を希望することを確認していません。
finding-pushes-do-not-arrive = { $device } は、通知された内容を { $since } から一度も取得していません。
finding-handle-is-shared = { $device } は別のデバイスと同じ識別子 { $handle } を持つため、ルールも同じになっています。
finding-device-rules-without-a-pusher = 識別子 { $handle } のルールがありますが、この識別子を持つデバイスはありません。
finding-calls-cannot-ring = 次のルールのため、{ $device } では通話が鳴りません: { $rule }
finding-calls-in-a-room-cannot-ring = 次のルールのため、{ $device } では { $room } の通話が鳴りません: { $rule }
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
   *[other] サーバーは { $count } 件の暗号化ルームのメンションを確認できません。{ $device } なら確認できますが、そのメッセージは知らされていません。
}
finding-rule-contradicts-itself = { $rule } は条件が互いに矛盾しているため、一致することがありません。
finding-rule-has-an-unknown-condition = { $rule } にはサーバーが対応していない条件があるため、一致することがありません。
finding-rule-is-shadowed = { $rule } は、同じ対象に一致する次のルールが先にあるため、一致することがありません: { $other }
finding-rule-for-a-room-that-was-left = { $rule } は、あなたが参加していないルームのルールです。
finding-room-is-muted-twice = { $room } は 2 つのルールでミュートされています: { $other } と { $rule }
advice-no-pusher = お使いのデバイスのアプリでログインし、通知を許可してください。
advice-notifications-are-off = 通知を受け取るにはオンにしてください。
advice-no-process-delivers = サーバーの管理者に問い合わせてください。通知が失われることはありません。
advice-pusher-is-failing = サーバーが自動で再試行します。デバイスにアプリがもうない場合は、このデバイスを削除してください。それ以外の場合は、ゲートウェイの修復が必要です。
advice-pusher-is-retrying = サーバーが自動で再試行します。通知が失われることはありません。
advice-pusher-was-removed = デバイスでアプリを開くと、もう一度通知に登録されます。
advice-pusher-is-disabled = このデバイスで通知を受け取るにはオンにしてください。
advice-pusher-is-not-confirmed = デバイスでアプリを開いてください。
advice-pushes-do-not-arrive = デバイスでアプリを開いてください。デバイスがオンラインで、通知の受信とバックグラウンドでの動作がシステムで許可されているか確認してください。
advice-handle-is-shared = 意図したものでなければ、このデバイスに専用の識別子を設定してください。
advice-device-rules-without-a-pusher = この識別子でアプリが登録されると、再び適用されます。
advice-calls-cannot-ring = そのルールを変更するか、通話用のルールを追加してください。
advice-calls-in-a-room-cannot-ring = このルームの通話を鳴らすか、ミュートのままにしてください。
advice-mentions-in-encrypted-rooms-are-hidden = デバイスがメンションを確認できるように、暗号化メッセージを送信してください。
advice-rule-has-an-unknown-condition = ルールを修正するか削除してください。
advice-rule-contradicts-itself = ルールを修正するか削除してください。
advice-rule-is-shadowed = どちらかを削除するか、順序を変更してください。
advice-rule-for-a-room-that-was-left = ルームに戻る予定がなければ、ルールを削除してください。
advice-room-is-muted-twice = このルームの通知を再び受け取るには、両方の削除が必要です。まず一方を削除してください。
remedy-delete-rule = { $rule } を削除
remedy-enable-rule = { $rule } をオンにする
remedy-disable-rule = { $rule } をオフにする
remedy-let-calls-ring = { $device } で通話を鳴らす
remedy-send-encrypted-messages = すべての暗号化メッセージを { $device } に送信
remedy-enable-pusher = { $device } をオンにする
remedy-delete-pusher = { $device } を削除
remedy-send-a-test = { $device } にテストを送信
remedy-own-handle-with-the-rules = { $device } に専用の識別子を設定（ルールをコピー）
remedy-own-handle-without-rules = { $device } に専用の識別子を設定（ルールなし）

## Devices
devices-title = デバイス
devices-about = このサーバーから通知を受け取るアプリと、その動作や問題点です。
devices-none = 通知を受け取るデバイスがまだありません
devices-none-about = 用意する方法は最初の画面に表示されます。
devices-removed = 過去 30 日間に削除
devices-device = デバイス
devices-when = 削除日時
devices-why = 理由
device-arrived-unknown = 不明: アプリが通知された内容を取得しません
device-error = 最後のエラー
device-held = 保留の期限
device-waiting = キュー
device-gateway = ゲートウェイ
device-gateway-none = なし
device-handle = 識別子
device-handle-none = なし
device-app = App id
device-settings = 設定
device-enabled = このデバイスでの通知
device-badges = アプリアイコンの件数を送信
device-hold = 別のデバイスの使用中に待つ時間
device-hold-hint = その間に別のデバイスで読んだものは、このデバイスに送信されません。
device-hold-none = 待たない
removed-deleted = あなたまたはアプリが削除しました
removed-rejected = デバイスがなくなったとゲートウェイから報告されました
removed-device-removed = デバイスがログアウトされました
removed-taken-over = 別のユーザーがデバイスでログインしました
removed-account-closed = アカウントが閉鎖されました
removed-unsubscribed = 登録が解除されました
removed-address-removed = アドレスが削除されました
removed-not-confirmed = アプリが確認しませんでした

## Try a rule
try-title = ルールを試す
try-about = ルールを保存するまで、何も送信も保存もされません。
try-event = イベント
try-room-hint = 参加中のルームです。そのメンバーとルームでのあなたの名前を使います。空欄でもかまいません。
try-event-json = イベント（JSON）
try-bad-event = イベントが JSON ではありません: { $error }
try-rule = ルール
try-subject = 適用対象
try-subject-word = 単語を含むメッセージ
try-subject-room = ルーム内のすべて
try-subject-sender = 特定のユーザーからのすべて
try-subject-conditions = 独自の条件
try-value-word = 単語（* と ? は任意の文字）
try-value-room = ルーム ID
try-value-sender = ユーザー ID
try-value-conditions = 条件（JSON リスト）
try-effect = 動作
try-effect-ring = 鳴らす
try-effect-highlight = 鳴らして強調表示
try-effect-quiet = 音なしで通知
try-effect-mute = 通知しない
try-scope = 対象デバイス
try-all-devices = すべてのデバイス
try-do = 試す
try-result = 予想される結果
try-counts = このイベントは通知されます。
try-counts-not = このイベントは通知されません。
try-no-devices = まだデバイスがないため、何も鳴りません。
try-rings = 鳴る
try-silent = 音なしで通知
try-nothing = 何も起きない
try-handle = 識別子 { $handle }
try-save-account = このアカウントに保存
try-save-device = このデバイスに保存
try-saved = 保存しました

preview-title = { $count ->
   *[other] このルールを適用した場合の直近 { $count } 件のイベント
}
preview-account = 未読数
preview-none = 変化なし
preview-rings = { $count ->
   *[other] 新たに { $count } 件が鳴る
}
preview-silent = { $count ->
   *[other] { $count } 件が鳴らなくなる
}
preview-differs = { $count ->
   *[other] { $count } 件の音が変わる
}
preview-cut = ルールの処理が重いため、すべてのイベントを評価できません。
change-rings = 鳴る
change-silent = 鳴らなくなる
change-differs = 音が変わる

## A path without a screen
missing-title = 画面が見つかりません
missing-about = このアドレスにはコンソールの画面がありません。

## Administration
admin-title = 管理
admin-about = 全ユーザーのゲートウェイとデバイスです。メッセージとデバイスのアドレスは表示されません。
admin-alarms = アラーム
admin-no-alarms = アラームなし
admin-alarm = { $gateway } 経由のプッシュのうち、過去 { $window } に到着したのは { $share } です（通常は { $usual }）。
admin-window-hour = 1 時間
admin-window-day = 1 日
admin-trouble = { $app }: { $reason }（{ $since } から）
admin-gateways = ゲートウェイ
admin-no-gateways = ゲートウェイのあるデバイスはまだありません。
admin-gateway = ゲートウェイ
admin-gateway-others = その他のゲートウェイ
admin-devices = デバイス
admin-failing = 失敗中
admin-queue = 待機中
admin-oldest = 失敗の開始
admin-hour = 到着（過去 1 時間）
admin-day = 到着（過去 1 日）
admin-usual = 通常
admin-share-unknown = 不明
admin-apps = このサーバーのゲートウェイのアプリ
admin-no-apps = このサーバーのゲートウェイにはアプリがありません。
admin-app = アプリ
admin-app-state = 状態
admin-app-waiting = リクエスト
admin-app-requests = 実行中 { $running }、待機中 { $waiting }
admin-app-expires = 認証情報の期限
admin-app-ok = 正常
admin-app-degraded = 一部正常
admin-app-failing = 失敗中
admin-app-alarmed = ほとんどのデバイスを拒否
admin-states = デバイスの状態
admin-state-count = { $count ->
   *[other] { $count } 台のデバイス
}
admin-users = ユーザーのデバイス
admin-user = ユーザー
admin-find = ユーザーまたはデバイスを検索
admin-no-users = デバイスが見つかりません。
admin-error = 最後のエラー
admin-more = さらに読み込む
resend-do = 再送信
resend-to = （宛先: { $name }）

## ユーザー
users-title = ユーザー
users-about = このサーバーのアカウントです。変更はすぐに適用されます。
users-find = ユーザー ID または表示名
users-search = 検索
users-none = ユーザーが見つかりません。
users-seen = 最後のリクエスト
users-admin = 管理者
users-active = 有効
users-locked = ロック中
users-suspended = 停止中
users-lock = ロックする
users-unlock = ロックを解除
users-suspend = 停止する
users-unsuspend = 停止を解除
users-lock-about = ロックを解除するまで、{ $user } はアカウントを使えず、デバイスには何も送信されません。
users-unlock-about = { $user } は再びアカウントを使えるようになり、デバイスに再び通知が届きます。
users-suspend-about = 停止を解除するまで、{ $user } は読むことはできますが、他の人に見えるものを送信したり変更したりできません。
users-unsuspend-about = { $user } は再び送信でき、他の人に見えるものを変更できます。
