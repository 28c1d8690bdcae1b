# What Elixir adds: its names, protocols, closures, comprehensions, structs, GenServers.

defmodule Truth.Square do
  defstruct side: 1
end

defmodule Truth.Circle do
  defstruct radius: 1
end

defprotocol Truth.Area do
  def area(shape)
end

defimpl Truth.Area, for: Truth.Square do
  def area(square), do: square.side * square.side
end

defimpl Truth.Area, for: [Truth.Circle, Integer] do
  def area(_), do: :truth.same(3)
end

defmodule Truth.Counter do
  use GenServer

  def start_link(count), do: GenServer.start_link(__MODULE__, count)
  def next(counter), do: {:ok, GenServer.call(counter, :next)}

  @impl true
  def init(count), do: {:ok, count}

  @impl true
  def handle_call(:next, _from, count) do
    :truth.burn(:counted, 20)
    {:reply, count, count + 1}
  end
end

defmodule Truth.Shapes do
  defmacro twice(expression) do
    quote do
      unquote(expression)
      unquote(expression)
    end
  end
end

defmodule Truth.Elixir do
  require Truth.Shapes

  def protocols do
    areas(:truth.same([%Truth.Square{side: 2}, %Truth.Circle{}, 7, %Truth.Square{side: 3}]))
    :truth.burn(:rest, 100)
  end

  defp areas([]), do: :ok

  defp areas([shape | shapes]) do
    area(shape)
    areas(shapes)
  end

  defp area(shape) do
    _ = Truth.Area.area(shape)
    :ok
  end

  def closures do
    step = :truth.same(10)
    add = :truth.same(fn x -> x + step end)
    add.(1)
    [11, 12, 13] = Enum.map(:truth.same([1, 2, 3]), add)
    Truth.Shapes.twice(captured(:truth.same(&empty?/1)))
    :truth.burn(:rest, 100)
  end

  defp captured(fun) do
    true = fun.([])
    :ok
  end

  def empty?(list), do: list == []

  def comprehensions do
    [2, 4] = for x <- :truth.same([1, 2, 3, 4]), even?(x), do: x
    "abc" = for <<c <- :truth.same("ABC")>>, into: "", do: <<lower(c)>>
    :truth.burn(:rest, 100)
  end

  defp even?(x), do: rem(x, 2) == 0
  defp lower(c), do: c + 32

  def structs do
    module = :truth.same(Truth.Square)
    %{side: 1} = module.__struct__()
    :truth.burn(:rest, 100)
  end

  def rescued do
    outcome =
      try do
        first()
        :unreachable
      rescue
        error in ArgumentError -> error.message
      end

    "on purpose" = outcome
    afterwards()
    :done
  end

  defp first, do: [second()]
  defp second, do: [raises(:truth.same(true))]

  defp raises(false), do: :ok

  defp raises(true) do
    work()
    raise ArgumentError, "on purpose"
  end

  defp work do
    :truth.burn(:before, 150)
    :ok
  end

  defp afterwards do
    :truth.burn(:afterwards, 200)
    :ok
  end

  def counts do
    {:ok, counter} = Truth.Counter.start_link(5)
    :truth.began(:calls)
    {:ok, 5} = Truth.Counter.next(counter)
    {:ok, 6} = Truth.Counter.next(counter)
    {:ok, 7} = Truth.Counter.next(counter)
    :truth.ended(:calls)
    GenServer.stop(counter)
    :truth.nap(:rest, 100)
  end

  def truth(:protocols) do
    [
      {"protocols/0", 1},
      {"protocols/0;areas/1", 5},
      {"protocols/0;areas/1;area/1", 4},
      {"protocols/0;areas/1;area/1;Truth.Area.area/1", 4},
      {"protocols/0;areas/1;area/1;Truth.Area.area/1;Truth.Area.impl_for!/1", 4},
      {"protocols/0;areas/1;area/1;Truth.Area.area/1;Truth.Area.impl_for!/1;Truth.Area.impl_for/1", 4},
      {"protocols/0;areas/1;area/1;Truth.Area.Truth.Square.area/1", 2},
      {"protocols/0;areas/1;area/1;Truth.Area.Truth.Circle.area/1", 1},
      {"protocols/0;areas/1;area/1;Truth.Area.Integer.area/1", 1}
    ]
  end

  def truth(:closures) do
    [
      {"closures/0", 1},
      {"closures/0;closures/0-fun-0", 1},
      {"closures/0;Enum.map/2;closures/0-fun-0", 3},
      {"closures/0;captured/1", 2},
      {"closures/0;captured/1;empty?/1", 2}
    ]
  end

  # What the compiler makes of a comprehension over anything is a reduction.
  def truth(:comprehensions) do
    [
      {"comprehensions/0", 1},
      {"comprehensions/0;Enum.reduce/3;comprehensions/0-fun-0", 4},
      {"comprehensions/0;Enum.reduce/3;comprehensions/0-fun-0;even?/1", 4},
      {"comprehensions/0;comprehensions/0-lbc-0", 4},
      {"comprehensions/0;comprehensions/0-lbc-0;lower/1", 3}
    ]
  end

  def truth(:structs) do
    [
      {"structs/0", 1},
      {"structs/0;Truth.Square.__struct__/0", 1}
    ]
  end

  def truth(:rescued) do
    [
      {"rescued/0", 1},
      {"rescued/0;first/0", 1},
      {"rescued/0;first/0;second/0", 1},
      {"rescued/0;first/0;second/0;raises/1", 1},
      {"rescued/0;first/0;second/0;raises/1;work/0", 1},
      {"rescued/0;first/0;second/0;raises/1;work/0", :before},
      {"rescued/0;afterwards/0", 1},
      {"rescued/0;afterwards/0", :afterwards}
    ]
  end

  def truth(:counts) do
    [
      {"counts/0", 1},
      {"counts/0;Truth.Counter.start_link/1", 1},
      {"counts/0;Truth.Counter.next/1", 3},
      {"counts/0;Truth.Counter.next/1", :calls},
      {"Truth.Counter.init/1", 1},
      {"Truth.Counter.handle_call/3", 3},
      {"Truth.Counter.handle_call/3", :counted},
      {"Truth.Counter.terminate/2", 1}
    ]
  end
end
