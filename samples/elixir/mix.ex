defprotocol Talk.Shape do
  @moduledoc "What can be measured."
  def area(shape)
end

defmodule Talk.Square do
  defstruct side: 1

  defimpl Talk.Shape do
    def area(square), do: square.side * square.side
  end
end

defmodule Talk.Circle do
  defstruct radius: 1

  defimpl Talk.Shape do
    def area(circle), do: :math.pi() * circle.radius * circle.radius
  end
end

defmodule Talk.Mix do
  @moduledoc "One call that mixes several kinds of work; the answer depends on nothing but `n`."

  alias Talk.{Circle, Shape, Square}

  def work(n) do
    [&lists/1, &maps/1, &strings/1, &binaries/1, &shapes/1, &pairs/1, &closures/1]
    |> Enum.map(fn part -> part.(n) end)
    |> Enum.join(" ")
  end

  def lists(n) do
    1..n
    |> Enum.map(&rem(&1 * 7919, 1009))
    |> Enum.filter(&(rem(&1, 2) == 0))
    |> Enum.sort()
    |> Enum.sum()
  end

  def maps(n) do
    1..n
    |> Enum.group_by(&rem(&1, 10))
    |> Map.new(fn {digit, numbers} -> {digit, length(numbers)} end)
    |> Map.values()
    |> Enum.max()
  end

  def strings(n) do
    "the quick brown fox jumps over the lazy dog "
    |> String.duplicate(div(n, 20) + 1)
    |> String.splitter(" ", trim: true)
    |> Enum.map(&String.capitalize/1)
    |> Enum.frequencies()
    |> map_size()
  end

  def binaries(n) do
    bytes = for i <- 1..n, into: <<>>, do: <<i::16>>
    digest = for <<word::16 <- bytes>>, reduce: 0, do: (hash -> rem(hash * 31 + word, 65_521))
    Base.encode16(<<digest::32>>)
  end

  def shapes(n) do
    1..n
    |> Enum.map(fn i -> if rem(i, 2) == 0, do: %Square{side: i}, else: %Circle{radius: i} end)
    |> Enum.reduce(0, fn shape, sum -> sum + Shape.area(shape) end)
    |> round()
  end

  def pairs(n) do
    side = trunc(:math.sqrt(n))
    length(for a <- 1..side, b <- 1..side, rem(a + b, 3) == 0, do: {a, b})
  end

  def closures(n) do
    add = fn step -> fn sum -> sum + step end end
    Enum.reduce(1..n, 0, fn step, sum -> add.(step).(sum) end)
  end
end
