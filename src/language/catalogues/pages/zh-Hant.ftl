invalid-title = 此連結無效
invalid-text = 它已被使用、已超過一小時，或已被較新的郵件取代。請在您的應用程式中重新要求郵件。

confirm-title = 這是您的地址嗎？
confirm-text = 有人想將 { $address } 新增至 { $server } 的帳號。
confirm-hint = 如果是您本人，請在此確認地址，然後在您的應用程式中繼續。否則請關閉此頁面，不會有任何變更。
confirm-button = 確認此地址
confirmed-title = 已確認
confirmed-text = { $address } 已確認。請在您的應用程式中繼續。

end-title = 停止電子郵件通知？
end-text = { $user } 的通知會寄到 { $address }。
end-button = 不再寄送郵件
ended-title = 不會再寄送郵件
ended-text = 電子郵件通知已關閉。您可以在應用程式的設定中重新開啟。
