message-from = { $sender }さんからのメッセージ
message-from-in = { $room }での{ $sender }さんからのメッセージ
count-in-room = { $room }の通知{ $count }件
count-in-rooms = { $rooms }個のルームの通知{ $count }件
new-notifications = 新しい通知

more-events = 以前のメッセージ{ $count }件
more-rooms = ほかに{ $rooms }個のルームに通知があります。
wrote = { $sender }:
no-name = （名前なし）

about = { $server }は未読の内容をメールでお知らせします。
end-below = 配信を停止するには、次のページを開いてください：
end-link = メールの配信を停止
devices-link = デバイスの設定
why-link = この通知が届いた理由

test-subject = テスト
test-text = これはテストです。通知はこのメールボックスに届きます。

confirm-subject = メールアドレスの確認
confirm-request = { $server }のアカウントにこのアドレスを追加するリクエストがありました。
confirm-if-you = ご本人によるリクエストの場合は、1時間以内に次のページを開いて確認してください：
confirm-if-not = お心当たりがない場合は、何もする必要はありません。確認されるまでアドレスは追加されません。
