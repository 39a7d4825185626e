invalid-title = このリンクは無効です
invalid-text = すでに使用されたか、1時間以上経過したか、新しいメールに置き換えられました。アプリでもう一度メールをリクエストしてください。

confirm-title = あなたのアドレスですか？
confirm-text = { $server }のアカウントに{ $address }を追加するリクエストがありました。
confirm-hint = ご本人の場合は、ここでアドレスを確認してからアプリで続けてください。そうでない場合は、このページを閉じてください。何も変更されません。
confirm-button = このアドレスを確認する
confirmed-title = 確認しました
confirmed-text = { $address }を確認しました。アプリで続けてください。

end-title = メール通知を停止しますか？
end-text = { $user }への通知は{ $address }に送信されています。
end-button = メールの配信を停止
ended-title = メールの配信を停止しました
ended-text = メール通知はオフです。アプリの設定でもう一度オンにできます。
