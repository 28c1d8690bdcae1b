%% Names that would hurt a careless program. The process is registered under the worst of them.
-module(hostile).

-export([start/0, 'it\'s "quoted" & <b>bold</b>'/1, 'two\nlines\r\tand; a semicolon 42'/1, 'żółw→λ‮x'/1,
         '</script><script>alert(1)</script>'/1, ''/1, '\0\e[31m'/1,
         'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'/1]).

start() ->
    register('"><svg onload=alert(1)>', spawn(fun loop/0)).

loop() ->
    Names = [N || {N, 1} <- ?MODULE:module_info(exports), N =/= module_info],
    _ = [?MODULE:N(X) || N <- Names, X <- lists:seq(1, 20)],
    timer:sleep(10),
    loop().

'it\'s "quoted" & <b>bold</b>'(X) -> work(X).
'two\nlines\r\tand; a semicolon 42'(X) -> work(X).
'żółw→λ‮x'(X) -> work(X).
'</script><script>alert(1)</script>'(X) -> work(X).
''(X) -> work(X).
'\0\e[31m'(X) -> work(X).
'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'(X) -> work(X).

work(X) ->
    lists:sum(lists:seq(1, X)) + 1.
