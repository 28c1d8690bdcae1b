defmodule Talk.Fib do
  @moduledoc "The slow one: two calls for every number."

  def fib(n) when n < 2, do: n
  def fib(n), do: fib(n - 1) + fib(n - 2)
end
