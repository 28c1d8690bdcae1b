%% A receipt as text with a checksum: strings, binaries, garbage.
-module(shop_receipt).

-export([make/2]).

make(Articles, Total) ->
    Lines = [line(Article, Count) || {Article, Count} <- maps:to_list(counted(Articles))],
    Text = iolist_to_binary([Lines, io_lib:format("total ~10.2f~n", [Total / 100])]),
    <<Text/binary, (checksum(Text))/binary>>.

counted(Articles) ->
    lists:foldl(fun(Article, Counts) -> maps:update_with(Article, fun(N) -> N + 1 end, 1, Counts) end, #{}, Articles).

line(Article, Count) ->
    io_lib:format("~4w x article ~s~n", [Count, string:uppercase("no. " ++ integer_to_list(Article))]).

checksum(Text) ->
    integer_to_binary(erlang:crc32(zlib:compress(Text)), 16).
