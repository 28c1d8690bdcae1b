"""The witness sees what a profiler could leave behind: without this, "clean" would prove nothing."""
import harness
from harness import LiveTest


class WitnessTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def left(self, before):
        return harness.difference(before, self.node.state())

    def test_sees_nothing_where_there_is_nothing(self):
        self.assertEqual(self.left(self.node.state()), {})

    def test_sees_a_traced_function(self):
        before = self.node.state()
        self.node.call("erlang", "trace_pattern", "[{shop_price, tax, 1}, true, [local]]")
        self.assertEqual(self.left(before), {"functions": ["legacy {shop_price,tax,1}"]})
        self.node.call("erlang", "trace_pattern", "[{shop_price, tax, 1}, false, [local]]")
        self.assertEqual(self.left(before), {})

    def test_sees_a_traced_process(self):
        before = self.node.state()
        self.node.call("erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_dense]), true, "
                                          "[call, {tracer, rpc:call(N, erlang, whereis, [init])}]]")
        self.assertEqual(list(self.left(before)), ["flags"])
        self.node.call("erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_dense]), false, [all]]")
        self.assertEqual(self.left(before), {})

    def test_sees_a_session_and_its_pattern(self):
        if harness.otp_release(self.node) < 27:
            self.skipTest("no sessions before OTP 27")
        before = self.node.state()
        # A handle keeps its session only on its own node, so this one is made and kept there.
        self.node.ask("rpc:call(N, erl_eval, exprs, [element(2, erl_parse:parse_exprs(element(2, erl_scan:string("
                      "\"S = trace:session_create(live, whereis(init), []), trace:function(S, {shop_price,tax,1}, true, "
                      "[local]), persistent_term:put(live, S).\")))), []])")
        left = self.left(before)
        self.assertEqual(sorted(left), ["functions", "sessions"])
        self.node.ask("rpc:call(N, trace, session_destroy, [rpc:call(N, persistent_term, get, [live])])")
        self.assertEqual(self.left(before), {})

    def test_sees_a_module_loaded_from_memory(self):
        before = self.node.state()
        self.node.ask("{ok, M, B} = compile:forms([{attribute,1,module,from_memory}]), "
                      "rpc:call(N, code, load_binary, [M, \"from_memory.beam\", B])")
        self.assertEqual(list(self.left(before)), ["modules"])
        self.node.call("code", "delete", "[from_memory]")
        self.assertEqual(list(self.left(before)), ["old_code"])
        self.node.call("code", "purge", "[from_memory]")
        self.assertEqual(self.left(before), {})

    def test_sees_an_open_gate(self):
        before = self.node.state()
        self.node.call("erlang", "system_flag", "[trace_control_word, 16#40000001]")
        self.assertEqual(self.left(before), {"gate": ["trace_control_word 40000001"]})
        self.node.call("erlang", "system_flag", "[trace_control_word, 1]")
        self.assertEqual(self.left(before), {})
        self.node.call("erlang", "system_flag", "[trace_control_word, 0]")

    def test_sees_a_name_and_a_meta_pattern(self):
        before = self.node.state()
        self.node.ask("rpc:call(N, erlang, register, [flambeau_test, spawn(N, timer, sleep, [20000])])")
        self.assertIn("names", self.left(before))
        self.node.ask("exit(rpc:call(N, erlang, whereis, [flambeau_test]), kill)")
        self.assertEqual(self.left(before), {})
        self.node.call("erlang", "trace_pattern", "[{shop_price, tax, 1}, [], [{meta, rpc:call(N, erlang, whereis, [init])}]]")
        self.assertEqual(self.left(before), {"functions": ["legacy {shop_price,tax,1}"]})
        self.node.call("erlang", "trace_pattern", "[{shop_price, tax, 1}, false, [meta]]")
        self.assertEqual(self.left(before), {})

    def test_sees_a_process(self):
        before = self.node.state()
        self.node.ask("true = is_pid(spawn(N, timer, sleep, [60000]))")
        left = self.left(before)
        self.assertEqual(list(left), ["processes"])
        self.assertIn("{timer,sleep,1}", left["processes"][0])


if __name__ == "__main__":
    harness.main()
