%% A receipt as text with a checksum: strings, binaries, garbage.
-module(shop_receipt).

-export([make/2]).

make(Articles, Total) ->
    Lines = maps:fold(fun(Article, Count, Text) -> [Text | line(Article, Count)] end, [], counted(Articles)),
    Text = iolist_to_binary([Lines, io_lib:format("total ~.2f~n", [Total / 100])]),
    <<Text/binary, (checksum(Text))/binary>>.

counted(Articles) ->
    lists:foldl(fun(Article, Counts) -> maps:update_with(Article, fun(N) -> N + 1 end, 1, Counts) end, #{}, Articles).

line(Article, Count) ->
    [integer_to_binary(Count), " x ", string:uppercase("article "), integer_to_binary(Article), $\n].

checksum(Text) ->
    integer_to_binary(erlang:crc32(zlib:compress(Text)), 16).
