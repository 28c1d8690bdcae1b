{application, shop,
 [{description, "A small shop under steady load: something worth profiling"},
  {vsn, "1"},
  {modules, [shop, shop_cart, shop_client, shop_dense, shop_price, shop_receipt, shop_stock, shop_sup]},
  {registered, [shop_sup, shop_stock, shop_price, shop_cart, shop_client, shop_dense]},
  {applications, [kernel, stdlib]},
  {mod, {shop, []}}]}.
